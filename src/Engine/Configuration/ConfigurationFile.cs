using System.Collections.Frozen;
using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>The settings of a file and all its errors. Immutable.</summary>
/// <param name="Path">The file, by its absolute path.</param>
/// <param name="Errors">One sentence per error, in order, with line and column and without secrets.</param>
internal sealed record ConfigurationFile(
    string Path, FrozenDictionary<ConfigurationVariable, FileSetting> Settings, ImmutableArray<string> Errors)
{
    /// <summary>Whether it contains secrets that every user of the machine can read.</summary>
    public bool ShowsSecrets =>
        Settings.Any(setting => setting.Key.Secret || (setting.Value.Text is { } text && VariableParser.Shown(setting.Key, text) != text))
        && (File.GetUnixFileMode(Path) & UnixFileMode.OtherRead) != 0;
}

/// <summary>The value of a setting in the file.</summary>
/// <param name="Text">The text as the environment variable would have it; null if invalid, which an error of the file reports.</param>
/// <param name="Line">The line in the file, counted from 1.</param>
internal sealed record FileSetting(string? Text, long Line);
