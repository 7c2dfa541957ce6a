return GunicornPrometheusExporter.Fuzz.FuzzCommand.Run(args);
