"""One module for each web framework, imported only if the application has imported the framework."""
