"""What is counted and measured for whoever watches the server; nothing here knows Prometheus."""
