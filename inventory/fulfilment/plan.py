"""The fulfilment of one player order, as a pure function."""
