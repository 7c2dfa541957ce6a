using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>A web configuration file while a server runs, reloaded when it changes.</summary>
/// <remarks>
/// If a changed file is invalid, the errors are logged once and the previous configuration stays in force. Safe for any number of threads.
/// </remarks>
internal sealed class WebConfigFile
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly ILogger _log;
    private WebState _state;
    private string? _complaint;

    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal WebConfigFile(string path, ILogger log)
    {
        _path = Path.GetFullPath(path);
        _log = log;
        _state = new(_path);
    }

    /// <summary>The file that a configuration names, read; null if it names none.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal static WebConfigFile? Of(ExporterConfig config, ILoggerFactory loggers) =>
        config.WebConfigFile is { } path ? new(path, loggers.CreateLogger("web")) : null;

    /// <summary>Whether connections are encrypted. For as long as the process lives, like <see cref="IsHttp2"/>.</summary>
    internal bool IsTls => _state.Tls is not null;

    internal bool IsHttp2 => IsTls && _state.Config.IsHttp2;

    /// <summary>The configuration for a connection or a request that begins now.</summary>
    internal WebState Current()
    {
        lock (_gate)
        {
            try
            {
                if (_state.HasChanged())
                {
                    _state = Changed();
                    _log.WebConfigIsRead(_path);
                }
                _complaint = null;
            }
            catch (ConfigurationException e)
            {
                if (_complaint != e.Message) _log.WebConfigStays(_path, e.Message);
                _complaint = e.Message;
            }
            return _state;
        }
    }

    private WebState Changed()
    {
        var state = new WebState(_path);
        if ((state.Tls is null) == IsTls)
        {
            throw new ConfigurationException(
                $"{_path} {(IsTls ? "has lost" : "has gained")} tls_server_config, which takes a restart; restart, or undo that");
        }
        return state;
    }
}
