using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

/// <summary>The fields of <c>struct statx</c> that the store needs; it is 256 bytes on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    private const int TypeMask = 0xF000;
    private const int DirectoryType = 0x4000;
    private const int RegularType = 0x8000;
    private const int LinkType = 0xA000;
    private const int SocketType = 0xC000;
    private const int PermissionMask = 0x1FF;
    private const int StickyBit = 0x200;
    private const int OthersWriteBit = 0x2;
    private const int GroupWriteBit = 0x10;

    [FieldOffset(20)] internal uint Owner;
    [FieldOffset(24)] internal uint Group;
    [FieldOffset(28)] internal ushort Mode;
    [FieldOffset(32)] internal long Inode;
    [FieldOffset(40)] internal long Size;

    /// <summary>When the contents or the attributes last changed; the nanoseconds are 32 bits, followed by 32 zero bits.</summary>
    [FieldOffset(96)] internal Libc.Time Change;

    /// <summary>When the contents last changed; same layout.</summary>
    [FieldOffset(112)] internal Libc.Time Modification;

    [FieldOffset(136)] internal long Device;

    internal readonly bool IsDirectory => (Mode & TypeMask) == DirectoryType;

    internal readonly bool IsRegular => (Mode & TypeMask) == RegularType;

    internal readonly bool IsLink => (Mode & TypeMask) == LinkType;

    internal readonly bool IsSocket => (Mode & TypeMask) == SocketType;

    internal readonly UnixFileMode Permissions => (UnixFileMode)(Mode & PermissionMask);

    internal readonly bool IsWorldWritable => (Mode & OthersWriteBit) != 0;

    /// <summary>Root owns it and nobody else may change it; access control lists show in the group's bits.</summary>
    internal readonly bool IsRootsOnly => Owner == 0 && (Mode & (OthersWriteBit | GroupWriteBit)) == 0;

    /// <summary>A temporary directory that all users share.</summary>
    internal readonly bool IsShared => IsWorldWritable && (Mode & StickyBit) != 0;

    /// <summary>When the contents last changed, in nanoseconds since the Unix epoch.</summary>
    internal readonly long Modified => Modification.TotalNanoseconds;

    internal readonly bool IsSameAs(in FileStatus other) => Inode == other.Inode && Device == other.Device;
}
