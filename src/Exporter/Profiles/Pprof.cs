using System.IO.Compression;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>Writes a profile in the format of pprof: profile.proto, compressed by gzip.</summary>
internal static class Pprof
{
    internal static byte[] Write(Profile profile)
    {
        var message = new ProtobufWriter();
        var (texts, functions, locations) = (new Table<string>(0), new Table<(string Name, string File)>(1), new Table<StackFrame>(1));
        // The first text is empty, because 0 means none.
        _ = texts.IndexOf("");
        WriteType(message, 1);
        foreach (var (frames, seconds) in profile.Stacks)
        {
            var sample = message.BeginMessage(2);
            var ids = message.BeginMessage(1);
            foreach (var frame in frames) message.WriteVarint(locations.IndexOf(frame));
            message.EndMessage(ids);
            message.WriteUnsigned(2, (ulong)(seconds * 1e9));
            message.EndMessage(sample);
        }
        foreach (var (frame, id) in locations.Rows)
        {
            var location = message.BeginMessage(4);
            message.WriteUnsigned(1, id);
            var line = message.BeginMessage(4);
            message.WriteUnsigned(1, functions.IndexOf((frame.Function, frame.File)));
            message.WriteUnsigned(2, (ulong)frame.Line);
            message.EndMessage(line);
            message.EndMessage(location);
        }
        foreach (var ((name, file), id) in functions.Rows)
        {
            var function = message.BeginMessage(5);
            message.WriteUnsigned(1, id);
            message.WriteUnsigned(2, texts.IndexOf(name));
            message.WriteUnsigned(4, texts.IndexOf(file));
            message.EndMessage(function);
        }
        message.WriteUnsigned(10, (ulong)(profile.Duration * 1e9));
        WriteType(message, 11);
        foreach (var (text, _) in texts.Rows) message.WriteBytes(6, Encoding.UTF8.GetBytes(text));
        return Compress(message.Written);

        void WriteType(ProtobufWriter message, int field)
        {
            var type = message.BeginMessage(field);
            message.WriteUnsigned(1, texts.IndexOf("wall"));
            message.WriteUnsigned(2, texts.IndexOf("nanoseconds"));
            message.EndMessage(type);
        }
    }

    private static byte[] Compress(ReadOnlySpan<byte> message)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal)) gzip.Write(message);
        return output.ToArray();
    }

    /// <summary>Numbers distinct values in the order of their first use.</summary>
    private sealed class Table<T>(ulong first) where T : notnull
    {
        private readonly Dictionary<T, ulong> _ids = [];

        internal IReadOnlyDictionary<T, ulong> Rows => _ids;

        internal ulong IndexOf(T value)
        {
            if (!_ids.TryGetValue(value, out var id)) _ids[value] = id = first + (ulong)_ids.Count;
            return id;
        }
    }
}
