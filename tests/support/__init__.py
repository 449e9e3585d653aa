"""What tests share: small tools, models that follow a script, model servers on loopback, sessions put together."""
