"""From a text and a network to better weights: recipe, gradient, update, schedule, evaluation."""
