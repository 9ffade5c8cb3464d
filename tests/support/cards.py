"""The GPUs of a made machine, as nvidia-smi lists them."""

from experiments.processes import gpus

# As nvidia-smi of driver 570 prints them.
LISTING = """0, GPU-5b1c2f0e-aaaa-bbbb-cccc-000000000001, NVIDIA H100 80GB HBM3, 81559, 570.86.15
1, GPU-77e4a1d2-aaaa-bbbb-cccc-000000000002, NVIDIA T4, 15360, 570.86.15
2, GPU-90ff0000-aaaa-bbbb-cccc-000000000003, NVIDIA GH200, [N/A], 570.86.15
"""
CARDS = gpus.read(LISTING)
