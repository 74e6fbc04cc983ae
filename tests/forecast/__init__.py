"""Claims about the forecasts."""
