using System.IO.Compression;
using Google.Protobuf;
using GunicornPrometheusExporter.Exporter.Profiles;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Profiles;

/// <summary>The profile is read back by its numbers in profile.proto.</summary>
public sealed class PprofTests
{
    [Fact]
    public void It_has_the_stacks_with_the_innermost_function_first_and_nanoseconds()
    {
        var fields = Fields(Unpack(Pprof.Write(Profiles.Of((3, "view", "query"), (1, "view", "render")))));

        var texts = fields.Where(field => field.Number == 6).Select(field => field.Bytes!.ToStringUtf8()).ToArray();
        Assert.Equal("", texts[0]);
        var functions = fields.Where(field => field.Number == 5).Select(field => Fields(field.Bytes!)).ToDictionary(
            function => ValueOf(function, 1), function => (Name: texts[ValueOf(function, 2)], File: texts[ValueOf(function, 4)]));
        var locations = fields.Where(field => field.Number == 4).Select(field => Fields(field.Bytes!)).ToDictionary(
            location => ValueOf(location, 1), location => Fields(location.Single(field => field.Number == 4).Bytes!));
        var samples = fields.Where(field => field.Number == 2).Select(field => Fields(field.Bytes!)).Select(sample => (
            string.Join(
                ' ', Packed(sample.Single(field => field.Number == 1).Bytes!).Select(id => functions[ValueOf(locations[id], 1)].Name)),
            ValueOf(sample, 2)));
        Assert.Equal([("query view", 3_000_000_000), ("render view", 1_000_000_000)], samples);
        Assert.Contains(("query", "/srv/app/query.py"), functions.Values);
        Assert.Equal([1, 2, 2], locations.Values.Select(line => ValueOf(line, 2)).Order());
        var type = Fields(fields.Single(field => field.Number == 1).Bytes!);
        Assert.Equal(("wall", "nanoseconds"), (texts[ValueOf(type, 1)], texts[ValueOf(type, 2)]));
        Assert.Equal(10_000_000_000, ValueOf(fields, 10));
    }

    private static ByteString Unpack(byte[] file)
    {
        using var gzip = new GZipStream(new MemoryStream(file), CompressionMode.Decompress);
        return ByteString.FromStream(gzip);
    }

    private static List<(int Number, long Value, ByteString? Bytes)> Fields(ByteString message)
    {
        var fields = new List<(int, long, ByteString?)>();
        var input = message.CreateCodedInput();
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            var isBytes = WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited;
            fields.Add((WireFormat.GetTagFieldNumber(tag), isBytes ? 0 : input.ReadInt64(), isBytes ? input.ReadBytes() : null));
        }
        return fields;
    }

    private static List<long> Packed(ByteString numbers)
    {
        var read = new List<long>();
        for (var input = numbers.CreateCodedInput(); !input.IsAtEnd;) read.Add(input.ReadInt64());
        return read;
    }

    private static long ValueOf(List<(int Number, long Value, ByteString? Bytes)> fields, int number) =>
        fields.Single(field => field.Number == number).Value;
}
