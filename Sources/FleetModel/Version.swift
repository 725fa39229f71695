/// What `zubrd`, `zubr` and `zubrsim` say to `--version`: they are built and installed together.
package let zubrVersion = "0.1.0"
