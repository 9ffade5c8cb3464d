"""What a built network is made of: stages, blocks and modules, read off its layers."""
