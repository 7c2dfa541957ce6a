using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Files;

/// <summary>Files of a store as a whole: no link is followed, nothing that blocks is waited for.</summary>
internal static class StoreFiles
{
    /// <summary>The extension of a damaged file that was quarantined.</summary>
    public const string QuarantineExtension = ".corrupt";

    /// <summary>The extension of a file that is about to replace another.</summary>
    public const string TemporaryExtension = ".new";

    // A FIFO must not block, a symbolic link must not lead elsewhere.
    private static readonly int Flags = Libc.OpenCloseOnExec | Libc.OpenNoFollow | Libc.OpenNonBlocking;

    /// <summary>Opens what stands at a path.</summary>
    /// <returns>Null if nothing does that this process may open so, or a link.</returns>
    public static SafeFileHandle? TryOpen(string path, int flags)
    {
        var descriptor = Libc.Open(path, flags | Flags, 0);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Opens a file that other processes make, replace and remove.</summary>
    /// <param name="path">The file.</param>
    /// <param name="descriptor">Its descriptor.</param>
    /// <param name="access">To read it, or to write it too.</param>
    /// <param name="verb">What cannot be done with it where the system refuses.</param>
    /// <returns>False if there is no such file.</returns>
    /// <exception cref="CorruptFileException">It is a link or a socket.</exception>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public static bool TryOpen(string path, out int descriptor, int access = Libc.OpenReadOnly, string verb = "opened")
    {
        descriptor = Libc.Open(path, access | Flags, 0);
        return descriptor >= 0
            || IsThere(path, verb, Marshal.GetLastPInvokeError(), access == Libc.OpenReadWrite ? "write to" : "read");
    }

    /// <summary>What a refusal of the system's says of a file.</summary>
    /// <returns>False: there is no such file.</returns>
    /// <exception cref="CorruptFileException">It is a link or a socket.</exception>
    /// <exception cref="StoreException">It is there, and cannot be used.</exception>
    public static bool IsThere(string path, string verb, int error, string use = "read") => error switch
    {
        Libc.ErrorNoEntry => false,
        Libc.ErrorLoop => throw new CorruptFileException(path, "it is a symbolic link"),
        Libc.ErrorNoDevice => throw new CorruptFileException(path, "it is a socket"),
        _ => throw StoreException.OfReader(path, verb, error, use),
    };

    /// <summary>What an open file is, which must be a regular one.</summary>
    /// <exception cref="CorruptFileException">It is none.</exception>
    /// <exception cref="StoreException">The system does not say.</exception>
    public static FileStatus RegularStatus(int descriptor, string path)
    {
        if (Libc.Status(descriptor, "", Libc.AtEmptyPath, Libc.BasicStatus, out var status) != 0)
        {
            throw StoreException.OfReader(path, "read", Marshal.GetLastPInvokeError());
        }
        return status.IsRegular ? status : throw new CorruptFileException(path, "it is not a regular file");
    }

    /// <summary>What an open file is.</summary>
    public static bool TryGetStatus(SafeFileHandle handle, out FileStatus status) =>
        Libc.Status((int)handle.DangerousGetHandle(), "", Libc.AtEmptyPath, Libc.BasicStatus, out status) == 0;

    /// <summary>What stands at a path.</summary>
    public static bool TryGetStatus(string path, out FileStatus status) =>
        Libc.Status(Libc.AtWorkingDirectory, path, Libc.AtNoFollow, Libc.BasicStatus, out status) == 0;

    /// <summary>All of a small file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The size in bytes past which it is not read: other processes decide how large it is.</param>
    /// <returns>Null if nothing stands there, or a link, something that is no regular file, or a larger file.</returns>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[]? TryReadAll(string path, int most)
    {
        try
        {
            if (!TryOpen(path, out var descriptor)) return null;
            using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
            var size = RegularStatus(descriptor, path).Size;
            return size <= most ? Read(handle, 0, size) : null;
        }
        catch (CorruptFileException)
        {
            return null;
        }
    }

    /// <summary>Keeps a damaged file aside, under a name that no reader of the store looks at.</summary>
    /// <returns>Where it is now. A file that was kept there before is gone.</returns>
    /// <exception cref="IOException">The store cannot be changed.</exception>
    /// <exception cref="StoreException">A directory was kept there before: nobody removes what may be anybody's.</exception>
    public static string Quarantine(string path)
    {
        var aside = path + QuarantineExtension;
        if (IsDirectory(aside)) throw new StoreException($"{path} cannot be quarantined: {aside} is a directory; remove it");
        if (IsDirectory(path))
        {
            File.Delete(aside);
            Directory.Move(path, aside);
        }
        else
        {
            File.Move(path, aside, overwrite: true);
        }
        return aside;
    }

    /// <summary>Makes a path free for a new file: a directory that stands there is kept aside, everything else removed.</summary>
    /// <exception cref="IOException">The store cannot be changed.</exception>
    public static void Clear(string path)
    {
        if (IsDirectory(path)) Quarantine(path);
        else File.Delete(path);
    }

    /// <summary>Puts a file in the place of another in one step; a directory that stands there is kept aside.</summary>
    /// <exception cref="IOException">The store cannot be changed.</exception>
    public static void Put(string temporary, string path)
    {
        if (IsDirectory(path)) Quarantine(path);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Whether something stands at a path that is no regular file: a directory, a link, a FIFO, a socket.</summary>
    public static bool IsIrregular(string path) => TryGetStatus(path, out var status) && !status.IsRegular;

    private static bool IsDirectory(string path) => TryGetStatus(path, out var status) && status.IsDirectory;

    /// <summary>Makes a file that only its user may use, in the place of whatever stands there.</summary>
    /// <exception cref="IOException">It cannot be made, or somebody else makes one at that moment.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static FileStream Create(string path)
    {
        Clear(path);
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = Mode,
        });
        // The umask must not change the mode.
        File.SetUnixFileMode(file.SafeFileHandle, Mode);
        return file;
    }

    /// <summary>Writes a file that only its user may use, in the place of whatever stands there, in one step for every reader.</summary>
    /// <exception cref="IOException">It cannot be written; what stood there still does.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; likewise.</exception>
    public static void Replace(string path, Action<FileStream> write)
    {
        var temporary = path + TemporaryExtension;
        using (var file = Create(temporary)) write(file);
        Put(temporary, path);
    }

    /// <summary>A part of a file, as much of it as there is.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] Read(SafeFileHandle handle, long offset, long size)
    {
        var content = new byte[size];
        var length = 0;
        for (int read; length < size && (read = RandomAccess.Read(handle, content.AsSpan(length), offset + length)) > 0;) length += read;
        return length == size ? content : content[..length];
    }

    /// <summary>Makes the names in a directory durable.</summary>
    /// <exception cref="StoreException">The system refuses it.</exception>
    public static void SynchronizeNames(string directory)
    {
        using var handle = TryOpen(directory, Libc.OpenReadOnly | Libc.OpenDirectory);
        if (handle is not null && Libc.Synchronize((int)handle.DangerousGetHandle()) == 0) return;
        throw new StoreException($"{directory} cannot be made durable ({Marshal.GetLastPInvokeErrorMessage()}); check its disk");
    }
}
