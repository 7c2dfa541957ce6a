using System.Text.RegularExpressions;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>Recognises a bcrypt hash by its form: <c>$2y$</c>, a cost of 4 to 31, 22 letters of salt and 31 of hash.</summary>
internal static partial class PasswordHash
{
    internal static bool IsOne(string text) => Form().IsMatch(text);

    [GeneratedRegex(@"\A\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}\z")]
    private static partial Regex Form();
}
