using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>moduleobject.h</c> and <c>methodobject.h</c>: modules and their functions.</summary>
internal static unsafe class PyModule
{
    private const int StableAbiVersion = 3;
    private const int FastCall = 0x80;
    private const int NoInterpreterState = -1;

    private static delegate* unmanaged<nint, int, nint> _create;

    // SAFETY: the signature is that of modsupport.h.
    internal static void Bind() =>
        _create = (delegate* unmanaged<nint, int, nint>)Symbols.Find("PyModule_Create2");

    /// <summary>Creates the module: a new reference, or 0 with an exception set.</summary>
    /// <remarks>The tables are in native memory and never freed: CPython refers to them until it exits.</remarks>
    internal static nint Create(string name, string doc, ReadOnlySpan<Function> functions)
    {
        // SAFETY: zeroed, with one element more than there are functions, so the table ends as CPython expects.
        var methods = (MethodDefinition*)NativeMemory.AllocZeroed((nuint)functions.Length + 1, (nuint)sizeof(MethodDefinition));
        for (var i = 0; i < functions.Length; i++)
        {
            methods[i] = new MethodDefinition
            {
                Name = Marshal.StringToCoTaskMemUTF8(functions[i].Name),
                Body = (nint)functions[i].Body,
                Flags = FastCall,
                Doc = Marshal.StringToCoTaskMemUTF8(functions[i].Doc),
            };
        }
        // SAFETY: zeroed and as large as PyModuleDef.
        var definition = (ModuleDefinition*)NativeMemory.AllocZeroed((nuint)sizeof(ModuleDefinition));
        definition->ReferenceCount = 1;
        definition->Name = Marshal.StringToCoTaskMemUTF8(name);
        definition->Doc = Marshal.StringToCoTaskMemUTF8(doc);
        definition->Size = NoInterpreterState;
        definition->Methods = methods;
        return _create((nint)definition, StableAbiVersion);
    }

    /// <summary>A METH_FASTCALL function: (self, arguments, count) → a new reference or 0.</summary>
    internal readonly struct Function(string name, delegate* unmanaged[Cdecl]<nint, nint*, nint, nint> body, string doc)
    {
        internal readonly string Name = name;
        internal readonly delegate* unmanaged[Cdecl]<nint, nint*, nint, nint> Body = body;
        internal readonly string Doc = doc;
    }

    /// <summary><c>PyMethodDef</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MethodDefinition
    {
        internal nint Name;
        internal nint Body;
        internal int Flags;
        internal nint Doc;
    }

    /// <summary><c>PyModuleDef</c> with the fields of its head.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ModuleDefinition
    {
        internal nint ReferenceCount;
        internal nint Type;
        internal nint Init;
        internal nint Index;
        internal nint Copy;
        internal nint Name;
        internal nint Doc;
        internal nint Size;
        internal MethodDefinition* Methods;
        internal nint Slots;
        internal nint Traverse;
        internal nint Clear;
        internal nint Free;
    }
}
