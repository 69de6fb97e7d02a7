"""mix.py A.pt B.pt SHARE OUT.pt : the weights of two runs averaged, SHARE of the second."""
import sys, torch
a=torch.load(sys.argv[1]); b=torch.load(sys.argv[2]); al=float(sys.argv[3])
b['model']={k:(a['model'][k]*(1-al)+b['model'][k]*al) for k in b['model']}; torch.save(b, sys.argv[4])
