namespace GunicornPrometheusExporter.Configuration;

/// <summary>The form of a variable's text.</summary>
internal enum VariableKind
{
    /// <summary>Any text without line breaks.</summary>
    Text,

    /// <summary>A whole number within the variable's range.</summary>
    Number,

    /// <summary><c>true</c>, <c>1</c>, <c>yes</c>, <c>on</c> or <c>false</c>, <c>0</c>, <c>no</c>, <c>off</c>; any case.</summary>
    Boolean,

    /// <summary>An IP address, or <c>localhost</c>.</summary>
    Address,

    /// <summary>A directory; a relative one is resolved against the current directory.</summary>
    Directory,

    /// <summary>A name of 1 to 200 letters, digits, <c>.</c>, <c>_</c>, <c>-</c> and <c>:</c> that begins with a letter or digit.</summary>
    Name,

    /// <summary>A <see cref="Configuration.RedisUrl"/>.</summary>
    RedisUrl,

    /// <summary>A prefix of Redis keys, in which braces may only enclose one hash tag.</summary>
    KeyPrefix,

    /// <summary>A path; a relative one is resolved against the current directory.</summary>
    Path,

    /// <summary>One of the variable's <see cref="ConfigurationVariable.Choices"/>.</summary>
    Choice,

    /// <summary>An HTTP or HTTPS URL, without user and password.</summary>
    Url,

    /// <summary>Texts without line breaks, separated by commas.</summary>
    Texts,

    /// <summary>Addresses as <see cref="ListenAddress"/> reads them, separated by commas.</summary>
    Addresses,

    /// <summary>A path of a URL that no other page of the metrics server has.</summary>
    UrlPath,

    /// <summary>Labels, <c>name=value</c>, separated by commas.</summary>
    Labels,

    /// <summary>The bounds of buckets, separated by commas; a list in the file.</summary>
    Bounds,

    /// <summary><see cref="Metrics.RequestMethods"/>, separated by commas; a list in the file.</summary>
    Methods,

    /// <summary>Declarations of <see cref="Metrics.ExtraLabel"/>, separated by commas; a list in the file.</summary>
    ExtraLabels,

    /// <summary><see cref="GunicornPrometheusExporter.Routes.SlowThresholds"/>, separated by commas; a mapping in the file.</summary>
    Thresholds,

    /// <summary>HTTP headers, <c>name=value</c>, separated by commas.</summary>
    Headers,

    /// <summary>Attributes of OpenTelemetry, <c>name=value</c> with percent-encoded values, separated by commas.</summary>
    Attributes,

    /// <summary><see cref="GunicornPrometheusExporter.Routes.RoutePatterns"/>, separated by semicolons.</summary>
    Routes,
}
