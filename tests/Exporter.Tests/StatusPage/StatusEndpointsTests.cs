using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Exporter.StatusPage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.StatusPage;

public sealed class StatusEndpointsTests
{
    [Fact]
    public async Task The_metrics_cannot_take_the_path_of_a_page()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        await using var server = builder.Build();

        new StatusEndpoints(null!, null!).Map(server, ["GET"]);
        new PageEndpoints(null!).Map(server, ["GET"]);

        var paths = ((IEndpointRouteBuilder)server).DataSources.SelectMany(source => source.Endpoints)
            .Select(endpoint => ((RouteEndpoint)endpoint).RoutePattern.RawText!).ToArray();
        Assert.Equal(8, paths.Length);
        Assert.All(paths, path => Assert.False(TelemetryPath.IsValid(path), path));
    }
}
