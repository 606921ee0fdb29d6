"""What the platform's admins see: every vendor, never a vendor's till."""
