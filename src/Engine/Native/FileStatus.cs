using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

/// <summary><c>struct statx</c>: 256 bytes on every architecture, of which the store needs these.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    private const int TypeMask = 0xF000;
    private const int DirectoryType = 0x4000;
    private const int RegularType = 0x8000;
    private const int LinkType = 0xA000;
    private const int PermissionMask = 0x1FF;
    private const int StickyBit = 0x200;
    private const int OthersWriteBit = 0x2;
    private const int GroupWriteBit = 0x10;

    [FieldOffset(20)] internal uint Owner;
    [FieldOffset(24)] internal uint Group;
    [FieldOffset(28)] internal ushort Mode;
    [FieldOffset(32)] internal long Inode;
    [FieldOffset(40)] internal long Size;

    /// <summary>When the kernel last noted a change; its nanoseconds are 32 bits, with 32 of zero behind them.</summary>
    [FieldOffset(96)] internal Libc.Time Change;

    /// <summary>When the contents last changed; likewise.</summary>
    [FieldOffset(112)] internal Libc.Time Modification;

    [FieldOffset(136)] internal long Device;

    internal readonly bool IsDirectory => (Mode & TypeMask) == DirectoryType;

    internal readonly bool IsRegular => (Mode & TypeMask) == RegularType;

    internal readonly bool IsLink => (Mode & TypeMask) == LinkType;

    /// <summary>Who may read, write and enter.</summary>
    internal readonly UnixFileMode Permissions => (UnixFileMode)(Mode & PermissionMask);

    /// <summary>Whether anybody may add entries.</summary>
    internal readonly bool IsWorldWritable => (Mode & OthersWriteBit) != 0;

    /// <summary>Whether root owns it, and nobody else may change it; access lists show in the group's bits.</summary>
    internal readonly bool IsRootsOnly => Owner == 0 && (Mode & (OthersWriteBit | GroupWriteBit)) == 0;

    /// <summary>Whether this is a temporary directory that all users share.</summary>
    internal readonly bool IsShared => IsWorldWritable && (Mode & StickyBit) != 0;

    /// <summary>When the contents last changed, in nanoseconds since the Unix epoch.</summary>
    internal readonly long Modified => Modification.TotalNanoseconds;

    internal readonly bool IsSameAs(in FileStatus other) => Inode == other.Inode && Device == other.Device;
}
