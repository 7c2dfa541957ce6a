using System.Net.Http.Headers;
using GunicornPrometheusExporter.Exporter.Http;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The first step of every request: limits their rate, adds the configured headers, and authenticates.</summary>
internal sealed class WebGate(WebConfigFile file)
{
    private const string Scheme = "Basic";

    private readonly RateGate _rate = new(TimeProvider.System);
    private readonly PasswordCheck _passwords = new();

    /// <summary>Passes authenticated requests; answers 401 to all others, on any path, and 429 to those beyond the rate.</summary>
    internal async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        var config = file.Current().Config;
        if (!_rate.TryPass(config.Rate))
        {
            await context.AnswerAsync(StatusCodes.Status429TooManyRequests, "Too Many Requests");
            return;
        }
        foreach (var (name, value) in config.Headers) context.Response.Headers[name] = value;
        if (config.Users.Count == 0 || await IsUserAsync(context, config.Users))
        {
            await next(context);
            return;
        }
        context.Response.Headers.WWWAuthenticate = "Basic realm=\"metrics\", charset=\"UTF-8\"";
        await context.AnswerAsync(StatusCodes.Status401Unauthorized, "Unauthorized");
    }

    private async Task<bool> IsUserAsync(HttpContext context, IReadOnlyDictionary<string, string> users) =>
        Credentials(context.Request) is (var user, var password)
        && await _passwords.IsRightAsync(users, user, password, context.RequestAborted);

    private static (string User, string Password)? Credentials(HttpRequest request)
    {
        if (!AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
            || !Scheme.Equals(header.Scheme, StringComparison.OrdinalIgnoreCase) || header.Parameter is not { } parameter)
        {
            return null;
        }
        var bytes = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, bytes, out var count)) return null;
        var parts = Encoding.UTF8.GetString(bytes, 0, count).Split(':', 2);
        return parts.Length == 2 ? (parts[0], parts[1]) : null;
    }
}
