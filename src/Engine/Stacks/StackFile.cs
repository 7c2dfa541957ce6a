using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using GunicornPrometheusExporter.Slots;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Stacks;

/// <summary>The file to which a worker's signal handler appends stacks, opened and locked by whoever takes or collects them.</summary>
/// <remarks>
/// <c>stacks_worker-N.txt</c> belongs to the slot and stays. The handler and a master append without the lock. The lock is that of
/// an open file description, so it also keeps off other threads of this process.
/// </remarks>
internal sealed class StackFile : IDisposable
{
    internal const string Prefix = "stacks_";
    internal const string Extension = ".txt";

    private const long LargestSize = 4 << 20;
    private const int LongestWait = 1000; // In milliseconds.

    private readonly string _path;
    private readonly SafeFileHandle _handle;

    private StackFile(string path, int descriptor) =>
        (_path, _handle) = (path, new SafeFileHandle(descriptor, ownsHandle: true));

    private int Descriptor => (int)_handle.DangerousGetHandle();

    internal static string PathOf(string directory, SlotKind kind, int slot) =>
        Path.Combine(directory, $"{Prefix}{SlotName.Of(kind, slot)}{Extension}");

    /// <summary>Opens and locks the file of a slot; null if it does not exist, or others hold the lock all the time.</summary>
    /// <param name="longestWait">In milliseconds.</param>
    /// <exception cref="CorruptFileException">It is not a regular file.</exception>
    /// <exception cref="StoreException">It cannot be opened, locked or changed.</exception>
    internal static StackFile? TryOpen(string directory, SlotKind kind, int slot, int longestWait = LongestWait)
    {
        var path = PathOf(directory, kind, slot);
        if (!StoreFiles.TryOpen(path, out var descriptor, Libc.OpenReadWrite | Libc.OpenAppend)) return null;
        var file = new StackFile(path, descriptor);
        try
        {
            _ = StoreFiles.RegularStatus(descriptor, path);
            if (file.TryLock(longestWait))
            {
                // A hostile worker could make it large.
                if (file.Size() > LargestSize) file.Cut(0);
                return file;
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
        file.Dispose();
        return null;
    }

    /// <summary>How many bytes it has.</summary>
    internal long Size() => StoreFiles.RegularStatus(Descriptor, _path).Size;

    internal void Append(ReadOnlySpan<byte> text)
    {
        if (Libc.Write(Descriptor, text, (nuint)text.Length) != text.Length) throw Failure();
    }

    /// <summary>Reads from a position to the end; at most so much as the file may have.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal byte[] Read(long start) => StoreFiles.Read(_handle, start, Math.Clamp(Size() - start, 0, LargestSize));

    /// <summary>Removes everything after a position.</summary>
    internal void Cut(long size)
    {
        if (Libc.Truncate(Descriptor, size) != 0) throw Failure();
    }

    public void Dispose() => _handle.Dispose();

    private bool TryLock(int longestWait)
    {
        for (var wait = 0; wait < longestWait; wait++)
        {
            if (ByteLock.Set(_path, Descriptor, Libc.SetDescriptionLock, Libc.WriteLock, 0)) return true;
            Thread.Sleep(1);
        }
        return false;
    }

    private StoreException Failure() => StoreException.OfReader(_path, "written", Marshal.GetLastPInvokeError(), "write to");
}
