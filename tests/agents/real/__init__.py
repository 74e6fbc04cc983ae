"""Real agents, driven by a scripted model on loopback: what a refusal is to them, and to the model behind them."""
