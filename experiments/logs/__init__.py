"""What a trial tells and leaves in WORK/<trial id>."""
