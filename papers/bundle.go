package papers

import (
	"archive/zip"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"nghitruong/council"
)

// readme explains the bundle to who gets it.
//
//go:embed bundle.txt
var readme embed.FS

// bundleLine is one record as it stands in ledger.jsonl: the fields of docs/formats/ledger.md in their order. Body is the
// exact stored text, hashes are hexadecimal.
type bundleLine struct {
	Log      string `json:"log"`
	Seq      uint64 `json:"seq"`
	Epoch    uint64 `json:"epoch"`
	Type     string `json:"type"`
	Actor    string `json:"actor"`
	IdemKey  string `json:"idem_key"`
	Body     string `json:"body"`
	AtWallMS int64  `json:"at_wall_ms"`
	MonoMS   int64  `json:"mono_ms"`
	BootID   string `json:"boot_id"`
	PrevHash string `json:"prev_hash"`
	Hash     string `json:"hash"`
}

// bundleHead is head.json: what a checkpoint kept elsewhere is compared with.
type bundleHead struct {
	Log       string `json:"log"`
	Seq       uint64 `json:"seq"`
	Hash      string `json:"hash"`
	WrittenAt string `json:"written_at"` // RFC 3339, UTC
}

// WriteBundle writes the ledger bundle of one sitting: ledger.jsonl, head.json and README.txt in a zip file. The same records
// and time give the same bytes.
func WriteBundle(w io.Writer, records []council.Record, at time.Time) error {
	z := zip.NewWriter(w)
	text, err := readme.ReadFile("bundle.txt")
	if err != nil {
		return fmt.Errorf("papers: write the bundle: %w", err)
	}
	head := bundleHead{WrittenAt: at.UTC().Format(time.RFC3339)}
	if n := len(records); n > 0 {
		last := records[n-1]
		head.Log, head.Seq, head.Hash = last.Log, last.Seq, hex.EncodeToString(last.Hash[:])
	}
	for _, file := range []struct {
		name string
		fill func(io.Writer) error
	}{
		{"README.txt", func(w io.Writer) error { _, err := w.Write(text); return err }},
		{"head.json", func(w io.Writer) error { return json.NewEncoder(w).Encode(head) }},
		{"ledger.jsonl", func(w io.Writer) error { return writeLines(w, records) }},
	} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: file.name, Method: zip.Deflate, Modified: at.UTC()})
		if err != nil {
			return fmt.Errorf("papers: write the bundle: %w", err)
		}
		if err := file.fill(f); err != nil {
			return fmt.Errorf("papers: write the bundle: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("papers: write the bundle: %w", err)
	}
	return nil
}

func writeLines(w io.Writer, records []council.Record) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range records {
		err := enc.Encode(bundleLine{
			Log: r.Log, Seq: r.Seq, Epoch: r.Epoch, Type: r.Type, Actor: r.Actor, IdemKey: r.IdemKey, Body: string(r.Body),
			AtWallMS: r.AtWallMS, MonoMS: r.MonoMS, BootID: r.BootID,
			PrevHash: hex.EncodeToString(r.PrevHash[:]), Hash: hex.EncodeToString(r.Hash[:]),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
