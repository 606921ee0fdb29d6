"""What tests stand on: databases made fresh in milliseconds, and shut outside sockets."""
