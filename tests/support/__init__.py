"""What several files of tests share: places, pictures, stores, studies."""
