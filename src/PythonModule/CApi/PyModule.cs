using System.Runtime.InteropServices;
using System.Text;

namespace GunicornPrometheusExporter.PythonModule.CApi;

/// <summary><c>moduleobject.h</c>, <c>methodobject.h</c>, <c>descrobject.h</c>: modules, functions and methods.</summary>
internal static unsafe class PyModule
{
    private const int StableAbiVersion = 3;
    private const int FastCall = 0x80;
    private const int Keywords = 0x02;
    private const int NoInterpreterState = -1;

    private static delegate* unmanaged<nint, int, nint> _create;
    private static delegate* unmanaged<nint, nint, nint> _newClassMethod;

    // SAFETY: the signatures are those of modsupport.h and descrobject.h.
    internal static void Bind()
    {
        _create = (delegate* unmanaged<nint, int, nint>)Symbols.Find("PyModule_Create2");
        _newClassMethod = (delegate* unmanaged<nint, nint, nint>)Symbols.Find("PyDescr_NewClassMethod");
    }

    /// <summary>Creates the module: a new reference, or 0 with an exception set.</summary>
    /// <remarks>The tables are in native memory and never freed: CPython refers to them until it exits.</remarks>
    internal static nint Create(string name, string doc, ReadOnlySpan<Function> functions)
    {
        // SAFETY: zeroed, with one element more than there are functions, so the table ends as CPython expects.
        var methods = (MethodDefinition*)NativeMemory.AllocZeroed((nuint)functions.Length + 1, (nuint)sizeof(MethodDefinition));
        for (var i = 0; i < functions.Length; i++)
        {
            methods[i] = new MethodDefinition(functions[i].Name, (nint)functions[i].Body, FastCall, functions[i].Doc);
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

    /// <summary>
    /// A class method: METH_FASTCALL and METH_KEYWORDS, so (class, arguments, count, names) → a new reference or 0.
    /// </summary>
    internal sealed class ClassMethod(string name, delegate* unmanaged[Cdecl]<nint, nint*, nint, nint, nint> body, string doc)
    {
        private readonly byte[] _name = Encoding.UTF8.GetBytes(name);
        private readonly MethodDefinition* _definition = Define(new MethodDefinition(name, (nint)body, FastCall | Keywords, doc));

        /// <summary>Its name, in UTF-8.</summary>
        internal ReadOnlySpan<byte> Name => _name;

        /// <summary>The method for a class and its subclasses: a new reference, 0 with an exception set if it fails.</summary>
        /// <param name="owner">The class, borrowed.</param>
        internal nint NewFor(nint owner) => _newClassMethod(owner, (nint)_definition);

        private static MethodDefinition* Define(MethodDefinition value)
        {
            // SAFETY: as large as PyMethodDef, and never freed, like the module's.
            var definition = (MethodDefinition*)NativeMemory.Alloc((nuint)sizeof(MethodDefinition));
            *definition = value;
            return definition;
        }
    }

    /// <summary><c>PyMethodDef</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct MethodDefinition(string name, nint body, int flags, string doc)
    {
        private readonly nint _name = Marshal.StringToCoTaskMemUTF8(name);
        private readonly nint _body = body;
        private readonly int _flags = flags;
        private readonly nint _doc = Marshal.StringToCoTaskMemUTF8(doc);
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
