using System.Buffers.Binary;
using System.Text;
using GunicornPrometheusExporter.Files;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

/// <summary>Writes store files byte by byte, without the engine's help, as <c>prometheus_client</c> would.</summary>
public static class TestFile
{
    private const int ClientFileSize = 1 << 16;

    internal static byte[] Bytes(EntryLayout layout, params IEnumerable<TestEntry> entries)
    {
        using var content = new MemoryStream();
        content.Write(new byte[8]);
        Span<byte> number = stackalloc byte[8];
        foreach (var entry in entries)
        {
            var key = Encoding.UTF8.GetBytes(entry.Key);
            BinaryPrimitives.WriteInt32LittleEndian(number, key.Length);
            content.Write(number[..4]);
            content.Write(key);
            do content.WriteByte((byte)' '); while (content.Length % 8 != 0);
            BinaryPrimitives.WriteDoubleLittleEndian(number, entry.Value);
            content.Write(number);
            if (layout != EntryLayout.Timestamped) continue;
            BinaryPrimitives.WriteDoubleLittleEndian(number, entry.Timestamp);
            content.Write(number);
        }
        var bytes = content.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
        return bytes;
    }

    /// <summary>Writes a file with the empty space behind its entries that the client leaves.</summary>
    internal static void Write(string path, EntryLayout layout, params IEnumerable<TestEntry> entries) => Write(path, layout, entries, []);

    /// <summary>The same, as the client leaves it in the middle of adding entries: <c>used</c> does not cover the last ones yet.</summary>
    internal static void Write(string path, EntryLayout layout, IEnumerable<TestEntry> entries, IEnumerable<TestEntry> unpublished)
    {
        var published = entries.ToList();
        var bytes = Bytes(layout, [.. published, .. unpublished]);
        // A new file is zeros, its header too, until its first entry is published.
        var used = published.Count == 0 ? 0 : Bytes(layout, published).Length;
        BinaryPrimitives.WriteInt32LittleEndian(bytes, used);
        var size = ClientFileSize;
        while (size < bytes.Length) size *= 2;
        Array.Resize(ref bytes, size);
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Waits until no process has a file open for writing.</summary>
    /// <remarks>One that a test beside this one forks has every open file of this process open until it executes its program.</remarks>
    internal static void WaitUntilClosed(string path) =>
        Assert.True(SpinWait.SpinUntil(() => IsClosed(path), TimeSpan.FromSeconds(30)), $"{path} stays open");

    private static bool IsClosed(string path)
    {
        using var file = LeasedFile.TryTake(path, out _);
        return file is not null;
    }
}
