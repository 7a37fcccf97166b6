"""Parts of encoder_fixtures.py: tiny encoders, their tokenizers, their exports and PyTorch's numbers for them."""
