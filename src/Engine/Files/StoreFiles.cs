using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Files;

/// <summary>Opens, creates and replaces whole files of a store; never follows a link, never blocks on a FIFO.</summary>
internal static class StoreFiles
{
    public const string QuarantineExtension = ".corrupt";

    /// <summary>The extension of a file that will replace another.</summary>
    public const string TemporaryExtension = ".new";

    // A FIFO must not block, a symbolic link must not lead elsewhere.
    private static readonly int Flags = Libc.OpenCloseOnExec | Libc.OpenNoFollow | Libc.OpenNonBlocking;

    /// <returns>Null if nothing exists there, it is a link, or this process may not open it.</returns>
    public static SafeFileHandle? TryOpen(string path, int flags)
    {
        var descriptor = Libc.Open(path, flags | Flags, 0);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Opens a file that other processes create, replace and remove; false if it does not exist.</summary>
    /// <remarks>The error's text names the action by its participle, <paramref name="verb"/>.</remarks>
    /// <exception cref="CorruptFileException">It is a link or a socket.</exception>
    /// <exception cref="StoreException">It cannot be opened.</exception>
    public static bool TryOpen(string path, out int descriptor, int access = Libc.OpenReadOnly, string verb = "opened")
    {
        descriptor = Libc.Open(path, access | Flags, 0);
        return descriptor >= 0
            || IsThere(path, verb, Marshal.GetLastPInvokeError(), access == Libc.OpenReadWrite ? "write to" : "read");
    }

    /// <summary>False if an errno says that the file does not exist; otherwise throws.</summary>
    /// <exception cref="CorruptFileException">It is a link or a socket.</exception>
    /// <exception cref="StoreException">It exists, and cannot be used.</exception>
    public static bool IsThere(string path, string verb, int error, string use = "read") => error switch
    {
        Libc.ErrorNoEntry => false,
        Libc.ErrorLoop => throw new CorruptFileException(path, "it is a symbolic link"),
        Libc.ErrorNoDevice => throw new CorruptFileException(path, "it is a socket"),
        _ => throw StoreException.OfReader(path, verb, error, use),
    };

    /// <summary>The status of an open file that must be a regular one.</summary>
    /// <exception cref="CorruptFileException">It is not a regular file.</exception>
    /// <exception cref="StoreException">Its status cannot be read.</exception>
    public static FileStatus RegularStatus(int descriptor, string path)
    {
        if (!Libc.TryGetStatus(descriptor, out var status)) throw StoreException.OfReader(path, "read", Marshal.GetLastPInvokeError());
        return status.IsRegular ? status : throw new CorruptFileException(path, "it is not a regular file");
    }

    /// <summary>Reads a file of at most <paramref name="most"/> bytes; other processes decide how large it is.</summary>
    /// <returns>Null if there is no regular file, or it is larger.</returns>
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

    /// <summary>Renames a damaged file so that no reader of the store opens it; replaces a file quarantined earlier.</summary>
    /// <returns>The new path.</returns>
    /// <exception cref="IOException">The store cannot be changed.</exception>
    /// <exception cref="StoreException">A directory was quarantined before: its contents may be anybody's, so it stays.</exception>
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

    /// <summary>Frees a path for a new file: quarantines a directory, removes everything else.</summary>
    /// <exception cref="IOException">The store cannot be changed.</exception>
    public static void Clear(string path)
    {
        if (IsDirectory(path)) Quarantine(path);
        else File.Delete(path);
    }

    /// <summary>Renames a file over another in one step; quarantines a directory in its place.</summary>
    /// <exception cref="IOException">The store cannot be changed.</exception>
    public static void Put(string temporary, string path)
    {
        if (IsDirectory(path)) Quarantine(path);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Whether anything is there, such as a link that leads nowhere.</summary>
    public static bool IsPresent(string path) => Libc.TryGetStatus(path, out _);

    /// <summary>Whether a path is a directory, link, FIFO or socket.</summary>
    public static bool IsIrregular(string path) => Libc.TryGetStatus(path, out var status) && !status.IsRegular;

    private static bool IsDirectory(string path) => Libc.TryGetStatus(path, out var status) && status.IsDirectory;

    /// <summary>Creates a file that only its user may access, in place of whatever is there.</summary>
    /// <exception cref="IOException">It cannot be created, or another process creates it at the same moment.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be created.</exception>
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

    /// <summary>Replaces a path with a new file that only its user may access, in one step for every reader.</summary>
    /// <exception cref="IOException">It cannot be written; the old file is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; the old file is unchanged.</exception>
    public static void Replace(string path, Action<FileStream> write)
    {
        var temporary = path + TemporaryExtension;
        using (var file = Create(temporary)) write(file);
        Put(temporary, path);
    }

    /// <summary>Reads up to <paramref name="size"/> bytes, fewer at the end of the file.</summary>
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
