print("zubrsim")
