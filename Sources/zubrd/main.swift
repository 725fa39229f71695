print("zubrd")
