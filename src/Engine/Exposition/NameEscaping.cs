namespace GunicornPrometheusExporter.Exposition;

/// <summary>How to write a metric's or a label's name that has other characters than letters, digits and underscores.</summary>
public enum NameEscaping
{
    /// <summary>An underscore for each other character: <c>a_b</c> for <c>a.b</c>.</summary>
    Underscores,

    /// <summary><c>_dot_</c> for a dot, and two underscores for an underscore or any other character.</summary>
    Dots,

    /// <summary>The number of each other character, after the prefix <c>U__</c>: <c>U__a_2e_b</c>.</summary>
    Values,

    /// <summary>The name as it is, in quotes where necessary.</summary>
    AllowUtf8,
}
