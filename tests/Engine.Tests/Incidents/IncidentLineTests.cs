using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Incidents;

public sealed class IncidentLineTests
{
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.String, Gen.OneOf("", "GET", "/users/{id}", "\"\\\n\r\t\0\u001f", "</script>&'", "\u2028\ue000é😀", "\ud800"));

    private static readonly Gen<double> Numbers = Gen.OneOf(Gen.Double[0, 1e10], Gen.OneOf(0.0, .1, 1e300, 5e-324, 1764201600.123));

    [Fact]
    public void Every_member_is_written_as_the_serializer_has_it()
    {
        var whole = new Incident(1.5, IncidentKinds.Exception)
        {
            WorkerId = "worker_1",
            Pid = 2,
            Instance = "a",
            Cause = "b",
            Signal = "c",
            Method = "d",
            Route = "e",
            Status = 3,
            AgeSeconds = 4.25,
            TraceId = "f",
            MemoryBytes = 5,
            ErrorType = "g",
            Stack = [new StackFrame("h", 6, "i")],
        };

        Assert.DoesNotContain(typeof(Incident).GetProperties(), property => property.GetValue(whole) is null);
        Assert.Equal(JsonSerializer.Serialize(whole, IncidentJson.Default.Incident) + "\n", Encoding.UTF8.GetString(IncidentLine.Write(whole)));
    }

    [Theory]
    [InlineData("""{"line":1,"function":"f"}""")]
    [InlineData("""{"file":"a.py","line":1}""")]
    [InlineData("""{"file":null,"line":1,"function":"f"}""")]
    [InlineData("{}")]
    [InlineData("null")]
    public void A_line_with_a_frame_that_lacks_a_text_is_none(string frame)
    {
        var line = $$"""{"time":1,"kind":"slow","stack":[{{frame}}]}""";

        Assert.Empty(IncidentJson.ReadLines(Encoding.UTF8.GetBytes(line)));
    }

    [Fact]
    public void An_incident_is_read_as_it_was_written() => Gen.Select(
            Texts, Texts.Null(), Numbers, Numbers.Nullable(), Gen.Int.Nullable(), Gen.Select(Texts, Gen.Int, Texts).Array[0, 3].Null())
        .ForAll(
            drawn =>
            {
                var (kind, text, time, number, integer, frames) = drawn;
                var incident = new Incident(time, kind)
                {
                    Route = text,
                    AgeSeconds = number,
                    Pid = integer,
                    Stack = frames?.Select(frame => new StackFrame(frame.Item1, frame.Item2, frame.Item3)).ToImmutableArray(),
                };

                var line = IncidentLine.Write(incident);

                Assert.Equal(line.Length - 1, line.AsSpan().IndexOf((byte)'\n'));
                var read = Assert.Single(IncidentJson.ReadLines(line));
                Assert.True(JsonNode.DeepEquals(NodeOf(incident), NodeOf(read)));
            },
            count: 2000);

    private static JsonNode? NodeOf(Incident incident) => JsonSerializer.SerializeToNode(incident, IncidentJson.Default.Incident);
}
