using System.Collections.Frozen;
using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>What a file says, and everything that is wrong with it. Immutable.</summary>
/// <param name="Path">The file, by its absolute path.</param>
/// <param name="Settings">What it states.</param>
/// <param name="Errors">One sentence an error, with its line and column, in their order; no secret is in them.</param>
internal sealed record ConfigurationFile(
    string Path, FrozenDictionary<ConfigurationVariable, FileSetting> Settings, ImmutableArray<string> Errors)
{
    /// <summary>Whether every user of the machine can read secrets in it.</summary>
    public bool ShowsSecrets =>
        Settings.Any(setting => setting.Key.Secret || (setting.Value.Text is { } text && VariableParser.Shown(setting.Key, text) != text))
        && (File.GetUnixFileMode(Path) & UnixFileMode.OtherRead) != 0;
}
