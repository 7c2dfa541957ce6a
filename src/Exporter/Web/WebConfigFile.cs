namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The web configuration file of a running server, reloaded when it changes.</summary>
/// <remarks>
/// If a changed file is invalid, the errors are logged once and the previous configuration remains in use. Safe for any
/// number of threads.
/// </remarks>
internal sealed class WebConfigFile
{
    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly Func<WebState> _read;
    private readonly ILogger _log;
    private WebState _state;
    private string? _complaint;

    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    private WebConfigFile(string name, Func<WebState> read, ILogger log) => (_name, _read, _log, _state) = (name, read, log, read());

    /// <summary>Reads the file that a configuration names, or its settings of TLS; null without either.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal static WebConfigFile? Of(ExporterConfig config, ILoggerFactory loggers)
    {
        var log = loggers.CreateLogger("web");
        if (SslSettings.Read(config) is { } settings) return new("PROMETHEUS_SSL_*", () => new(settings), log);
        return config.WebConfigFile is { } path ? new(path, () => new(path), log) : null;
    }

    /// <summary>Whether connections are encrypted. Does not change while the process runs; nor does <see cref="IsHttp2"/>.</summary>
    internal bool IsTls => _state.Tls is not null;

    internal bool IsHttp2 => IsTls && _state.Config.IsHttp2;

    /// <summary>The current configuration, for a new connection or request.</summary>
    internal WebState Current()
    {
        lock (_gate)
        {
            try
            {
                if (_state.HasChanged())
                {
                    _state = Changed();
                    _log.WebConfigIsRead(_name);
                }
                _complaint = null;
            }
            catch (ConfigurationException e)
            {
                if (_complaint != e.Message) _log.WebConfigStays(_name, e.Message);
                _complaint = e.Message;
            }
            return _state;
        }
    }

    private WebState Changed()
    {
        var state = _read();
        if ((state.Tls is null) == IsTls)
        {
            throw new ConfigurationException(
                $"{_name} {(IsTls ? "no longer has" : "now has")} tls_server_config, which requires a restart; " +
                    "restart, or undo the change");
        }
        return state;
    }
}
