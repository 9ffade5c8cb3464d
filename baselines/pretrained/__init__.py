"""Features that were learnt elsewhere: encoders of ImageNet's photographs, or networks of one's own."""
