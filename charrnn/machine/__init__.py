"""The computer: its speed, the kernels of its BLAS library, and the processes that work."""
