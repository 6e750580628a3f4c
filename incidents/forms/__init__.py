"""What people may send. Forms check the shape; the domain says whether it may be done."""
