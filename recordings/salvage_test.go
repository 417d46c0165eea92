package recordings

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// crashed makes the folder of a recording whose server was killed: one open capture with these bytes, and the manifest of its stream.
func crashed(t *testing.T, content []byte) string {
	t.Helper()
	dir := folder(t)
	d := osDisk{}
	m := NewManifest("sitting", "r1")
	m.Takes = []Take{{Boot: "b", Start: 1700000000000}}
	m.Streams = []Stream{{Src: 5, SSRC: 7, Kind: kindMic}, {Src: 5, SSRC: 8, Kind: kindMic}}
	if err := d.mkdir(sourceDir(dir, 5)); err != nil {
		t.Fatal(err)
	}
	if err := m.save(d, dir); err != nil {
		t.Fatal(err)
	}
	write(t, captureName(dir, 5, 3)+openSuffix, content)
	return dir
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, fileMode); err != nil {
		t.Fatal(err)
	}
}

// TestSalvage seals what a crash left open and marks the interruption; a second time it finds everything in order.
func TestSalvage(t *testing.T) {
	b, ends := sample(40)
	dir := crashed(t, b[:ends[30]-5])
	m, err := Salvage(dir)
	if err != nil || len(m.Segments) != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	s := m.Segments[0]
	if s.Src != 5 || s.N != 3 || s.Packets != 30 || !s.Salvaged || s.Bytes != int64(ends[29]) || s.End != 1700000000123+29*20 {
		t.Errorf("segment %+v", s)
	}
	if take := m.Takes[0]; !take.Interrupted || take.End != s.End {
		t.Errorf("take %+v", take)
	}
	got, err := os.ReadFile(s.Path(dir))
	if err != nil || !bytes.Equal(got, b[:ends[29]]) {
		t.Errorf("the sealed file has %d bytes, %v", len(got), err)
	}
	again, err := Salvage(dir)
	if err != nil || !cmp.Equal(m, again) {
		t.Errorf("again: %v\n%s", err, cmp.Diff(m, again))
	}
}

// TestSalvageAfterAKillInSalvage: sealed by the killed one but not listed yet.
func TestSalvageAfterAKillInSalvage(t *testing.T) {
	b, _ := sample(40)
	dir := crashed(t, b)
	name := captureName(dir, 5, 3)
	if err := os.Rename(name+openSuffix, name); err != nil {
		t.Fatal(err)
	}
	m, err := Salvage(dir)
	if err != nil || len(m.Segments) != 1 || m.Segments[0].Packets != 40 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestSalvageOfNothing removes captures without a packet and leaves other files alone.
func TestSalvageOfNothing(t *testing.T) {
	head, _ := sample(0)
	for name, content := range map[string][]byte{"empty": nil, "a head only": head, "half a head": head[:20], "zeroes": make([]byte, 4096)} {
		dir := crashed(t, content)
		other := filepath.Join(sourceDir(dir, 5), "note.txt")
		write(t, other, []byte("x"))
		write(t, captureName(dir, 5, 9), []byte("not a capture"))
		m, err := Salvage(dir)
		if err != nil || len(m.Segments) != 0 || !m.Takes[0].Interrupted {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
		left, err := os.ReadDir(sourceDir(dir, 5))
		if err != nil || len(left) != 2 {
			t.Errorf("%s: left %v, %v", name, left, err)
		}
	}
}

// TestSalvageWithoutManifest lists what is well-formed under the folder's names.
func TestSalvageWithoutManifest(t *testing.T) {
	b, _ := sample(10)
	for name, content := range map[string][]byte{"none": nil, "torn": []byte(`{"version":1,"record`), "of a later version": []byte(`{"version":99}`)} {
		dir := crashed(t, b)
		manifest := filepath.Join(dir, manifestName)
		if err := os.Remove(manifest); err != nil {
			t.Fatal(err)
		}
		if content != nil {
			write(t, manifest, content)
		}
		m, err := Salvage(dir)
		if err != nil || m.Recording != "r1" || m.Sitting != "sitting" || len(m.Segments) != 1 || m.Segments[0].Packets != 10 {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	if _, err := Salvage(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("salvaged a folder that is not there")
	}
}

// TestSalvageEverywhereCut cuts an open capture at 200 places: nothing whole is lost and the result is readable.
func TestSalvageEverywhereCut(t *testing.T) {
	b, ends := sample(60)
	for i := range 200 {
		cut := len(b) * i / 199
		dir := crashed(t, b[:cut])
		m, err := Salvage(dir)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		want := 0
		for want < len(ends) && ends[want] <= cut {
			want++
		}
		if got := packetsOf(t, dir, 5); got != want || want > 0 && len(m.Segments) != 1 {
			t.Fatalf("cut at %d: %d of %d packets", cut, got, want)
		}
	}
}

func TestFolders(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"a/r1", "a/r2", "b/r9"} {
		if err := (osDisk{}).mkdir(filepath.Join(root, dir)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, "a", "file"), nil)
	dirs, err := Folders(root)
	if err != nil || len(dirs) != 3 {
		t.Errorf("%v, %v", dirs, err)
	}
	if dirs, err := Folders(filepath.Join(root, "none")); err != nil || len(dirs) != 0 {
		t.Errorf("of nothing: %v, %v", dirs, err)
	}
}
