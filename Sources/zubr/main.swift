print("zubr")
