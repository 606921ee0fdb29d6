"""What a shop and its platform look back on: statistics, dashboard, staff report, exports."""
