"""What dossiers reaches outside its log: drafts in `state`, PDF."""
