using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using Google.Protobuf;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Forwarding.Buffering;

/// <summary>The file of one unsent snapshot: eight bytes of checksum, then the message.</summary>
/// <remarks>Its name is its time, so that sorting by name sorts by time. A truncated file has a wrong checksum.</remarks>
internal static class SnapshotFile
{
    private const string Extension = ".snapshot";
    private const int ChecksumLength = 8;
    private const int LongestFile = 256 << 20;

    /// <summary>The path for a time in milliseconds since 1970.</summary>
    internal static string PathOf(string directory, long time) =>
        Path.Combine(directory, time.ToString("D15", CultureInfo.InvariantCulture) + Extension);

    /// <summary>The snapshots in a directory, oldest first.</summary>
    internal static IEnumerable<(long Time, FileInfo File)> In(string directory) =>
        from file in new DirectoryInfo(directory).EnumerateFiles("*" + Extension)
        let name = Path.GetFileNameWithoutExtension(file.Name)
        let time = long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1
        where time >= 0
        orderby time
        select (time, file);

    internal static int LengthOf(BufferedSnapshot snapshot) => ChecksumLength + snapshot.CalculateSize();

    /// <summary>Writes a snapshot; leaves no file behind if that fails.</summary>
    internal static void Write(string path, BufferedSnapshot snapshot)
    {
        var bytes = new byte[LengthOf(snapshot)];
        snapshot.WriteTo(bytes.AsSpan(ChecksumLength));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, XxHash3.HashToUInt64(bytes.AsSpan(ChecksumLength)));
        try
        {
            using var file = StoreFiles.Create(path);
            file.Write(bytes);
        }
        catch (IOException)
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Reads a snapshot; null if the file is gone or damaged.</summary>
    internal static BufferedSnapshot? Read(string path)
    {
        try
        {
            if (StoreFiles.TryReadAll(path, LongestFile) is not { Length: >= ChecksumLength } bytes) return null;
            var message = bytes.AsSpan(ChecksumLength);
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes) == XxHash3.HashToUInt64(message)
                ? BufferedSnapshot.Parser.ParseFrom(message)
                : null;
        }
        catch (Exception fault) when (fault is IOException or StoreException or InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
