"""What operators let vendors use: plans with limits, and what is counted for their bills."""
