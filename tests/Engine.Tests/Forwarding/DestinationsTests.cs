using GunicornPrometheusExporter.Forwarding;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding;

public sealed class DestinationsTests
{
    [Fact]
    public void Every_forwarder_is_a_destination_and_on_the_page()
    {
        var forwarders = typeof(IForwarder).Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IForwarder)))
            .Select(type => type.Name);

        Assert.Equal(
            forwarders.Order(),
            Destinations.All.Select(destination => $"{destination.Name.Replace("_", "", StringComparison.Ordinal)}forwarder").Order(),
            StringComparer.OrdinalIgnoreCase);
        var page = File.ReadAllText(Path.Combine(Documentation.Repository, "docs", "forwarding.md"));
        Assert.All(Destinations.All, destination => Assert.Contains(destination.VariablePrefix, page, StringComparison.Ordinal));
    }
}
