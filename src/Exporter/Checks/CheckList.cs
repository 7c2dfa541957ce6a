namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Every check, in the order of the findings.</summary>
internal static class CheckList
{
    private static readonly Func<ExporterView, IEnumerable<Finding>>[] OfExporter =
    [
        MasterCheck.Find, VersionCheck.Find, HubCheck.Find, CardinalityCheck.Find, LossCheck.Find, ForwarderCheck.Find, LoadCheck.Find,
        ReloadCheck.Find, DirtyCheck.Find,
    ];

    private static readonly Func<StoreView, IEnumerable<Finding>>[] OfStore =
    [
        PermissionCheck.Find, DiskCheck.Find, ReaderCheck.Find, SharedStoreCheck.Find, OtherStoreCheck.Find, HooksCheck.Find,
        NoticeCheck.Find,
        MissingFileCheck.Find, QuarantineCheck.Find, LeftoverCheck.Find, FutureCheck.Find,
    ];

    internal static IEnumerable<Finding> Run(ExporterView exporter) => OfExporter.SelectMany(check => check(exporter));

    internal static IEnumerable<Finding> Run(StoreView store) => OfStore.SelectMany(check => check(store));
}
