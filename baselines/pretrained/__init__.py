"""Features that were learnt elsewhere: encoders with the weights of ImageNet's photographs."""
