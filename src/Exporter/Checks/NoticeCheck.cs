namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>What a master reports about itself, such as an application whose own metrics no exporter can see.</summary>
internal static class NoticeCheck
{
    private const int LongestText = 4 << 10;

    internal static IEnumerable<Finding> Find(StoreView store) =>
        from number in store.Slots?.Held(SlotKind.Master) ?? []
        let notice = StoreFiles.TryReadAll(Path.Combine(store.Directory, SlotName.Of(SlotKind.Master, number) + ".notice"), LongestText)
        where notice is not null
        select Finding.Warning($"{store.Directory}: {Encoding.UTF8.GetString(notice)}");
}
