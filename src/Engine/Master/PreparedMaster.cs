using System.Collections.Immutable;
using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Master;

/// <summary>Describes a prepared store to its master.</summary>
/// <param name="LockFile">The file in which the master locks two bytes until it exits.</param>
/// <param name="LifeByte">The byte whose open file description lock marks the slot as held.</param>
/// <param name="PidByte">The byte whose POSIX lock gives the master's pid.</param>
/// <param name="RunFile">The file that the master removes at an orderly exit.</param>
/// <param name="ExitsFile">The file in which the master records the exits of its workers.</param>
/// <param name="OtherMasters">The pids of other masters that record in the store; 0 for one in another PID namespace.</param>
internal sealed record PreparedMaster(
    string Directory, string LockFile, long LifeByte, long PidByte, string RunFile, string ExitsFile,
    ImmutableArray<int> OtherMasters, ImmutableArray<MasterSeries> Series)
{
    /// <summary>
    /// Opens the store and the master's files and sends them to the master, so that a master that runs as root opens nothing
    /// in a directory of the workers' user. The names are relative to the store; <c>.</c> is the store itself.
    /// </summary>
    /// <param name="socket">The descriptor of a Unix socket that is connected to the master.</param>
    /// <exception cref="StoreException">A file cannot be opened, or the master does not accept them.</exception>
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
        StoreFiles.TryOpen(path, flags) ?? throw new StoreException($"{path} was replaced after it was prepared; start Gunicorn again");
}
