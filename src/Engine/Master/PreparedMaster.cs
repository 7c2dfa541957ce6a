using System.Collections.Immutable;
using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Master;

/// <summary>What a master needs to know of the store that was prepared for it.</summary>
/// <param name="Directory">The store.</param>
/// <param name="LockFile">The file in which the master locks two bytes for as long as it lives.</param>
/// <param name="LifeByte">The byte whose lock, of the open file description, says that the slot is held.</param>
/// <param name="PidByte">The byte whose POSIX lock tells the master's pid.</param>
/// <param name="RunFile">The file that the master removes when it ends in order.</param>
/// <param name="ExitsFile">The file in which the master tells how its workers ended.</param>
/// <param name="OtherMasters">The pids of the masters that record in the store already; 0 for one in another PID namespace.</param>
/// <param name="Series">The series that the master writes.</param>
internal sealed record PreparedMaster(
    string Directory, string LockFile, long LifeByte, long PidByte, string RunFile, string ExitsFile,
    ImmutableArray<int> OtherMasters, ImmutableArray<MasterSeries> Series)
{
    /// <summary>
    /// Opens the store and the files that the master uses and sends them to it, so that a master of root's need not open
    /// anything in a directory of the workers' user.
    /// </summary>
    /// <param name="socket">The descriptor of a Unix socket, at whose other end the master is.</param>
    /// <remarks>The names are those in the store, and <c>.</c> for the store itself.</remarks>
    /// <exception cref="StoreException">A file cannot be opened, or the socket takes none.</exception>
    public void HandOver(int socket)
    {
        var files = new List<(string Name, SafeFileHandle Handle)>();
        try
        {
            files.Add((".", Open(Path.Combine(Directory, "."), Libc.OpenReadOnly | Libc.OpenDirectory)));
            foreach (var path in Series.Select(series => series.Path).Prepend(LockFile).Distinct())
            {
                files.Add((Path.GetFileName(path), Open(path, Libc.OpenReadWrite)));
            }
            DescriptorMessage.Send(socket, files);
        }
        finally
        {
            foreach (var (_, handle) in files) handle.Dispose();
        }
    }

    private static SafeFileHandle Open(string path, int flags) =>
        StoreFiles.TryOpen(path, flags) ?? throw new StoreException($"{path} is not the file that was prepared; start again");
}
