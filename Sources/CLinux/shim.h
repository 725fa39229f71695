// What Swift's Glibc module leaves out: the kernel's clock discipline and the kinds of file systems.
#include <sys/timex.h>
#include <sys/vfs.h>
